# The Go tier: Cilium's own engine (oracle/) and the corpus that it writes. All else is npm's.
CORPUS ?= corpus
TIMES ?= 3

.PHONY: oracle corpus test-oracle

# Builds oracle/bin/oracle-1.18, -1.19 and -1.20.
oracle:
	oracle/build.sh

# Answers every test of the corpus again and checks that its examples are Cilium's. Where nothing changed, no file does.
corpus: oracle
	node oracle/examples.mjs $(CORPUS)
	node oracle/corpus.mjs --times $(TIMES) $(CORPUS)

# Go's tests, and a sample of the corpus against its recorded answers.
test-oracle:
	node scripts/test-oracle.mjs
