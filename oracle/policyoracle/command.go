package policyoracle

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"runtime/debug"
	"strings"

	"github.com/cilium/cilium/pkg/labelsfilter"

	"ringfence/oracle/minor"
)

const usage = `Answers policy tests (JSON Lines, objects inline; files or standard input) with Cilium's own policy engine.

  oracle-%s [flags] [FILE...]

`

// Main is the command. It hands back the exit code: 0, or 2 when it could not run.
func Main(args []string, in io.Reader, out, notes io.Writer) int {
	options := &Options{}
	flags := flag.NewFlagSet("oracle", flag.ContinueOnError)
	flags.SetOutput(notes)
	flags.Usage = func() {
		fmt.Fprintf(notes, usage, minor.Version)
		flags.PrintDefaults()
	}
	flags.IntVar(&options.Times, "times", 1, "evaluate each test this many times; keys that differ are left out")
	flags.BoolVar(&options.Stamp, "stamp", true, "set the test's cilium version to this oracle's")
	flags.BoolVar(&options.DropUnstable, "drop-unstable", false, "leave out connections whose verdict differs between evaluations")
	flags.BoolVar(&options.KeepOmissions, "keep-omissions", false, "leave out the keys that a test's earlier answer leaves out: evaluations are known to differ there")
	flags.BoolVar(&options.Summary, "summary", false, "print counts to standard error")
	flags.BoolVar(&options.Lines, "lines", false, "answer each line at once; a line that is no test is answered with an error")
	version := flags.Bool("version", false, "print the version of Cilium")
	bench := flags.Bool("bench", false, "measure the engine on 3,000 policies and 1,000 identities and print one JSON line")
	switch err := flags.Parse(args); {
	case err == flag.ErrHelp:
		return 0
	case err != nil:
		return 2
	case *version:
		fmt.Fprintf(out, "cilium %s\n", ciliumRelease())
		return 0
	}
	if err := initialize(); err != nil {
		fmt.Fprintln(notes, err)
		return 2
	}
	if *bench {
		return runBench(out, notes)
	}
	return answerFiles(options, flags.Args(), in, out, notes)
}

// ciliumRelease is the version of Cilium that is built in.
func ciliumRelease() string {
	if build, ok := debug.ReadBuildInfo(); ok {
		for _, module := range build.Deps {
			if module.Path == "github.com/cilium/cilium" {
				return strings.TrimPrefix(module.Version, "v")
			}
		}
	}
	return minor.Version
}

// initialize sets up what the agent sets up before it reads a policy. It comes before all else.
func initialize() error {
	if err := labelsfilter.ParseLabelPrefixCfg(logger, nil, nil, ""); err != nil {
		return err
	}
	return minor.Init(logger)
}

func answerFiles(options *Options, files []string, in io.Reader, out, notes io.Writer) int {
	s := &stream{options: options, out: bufio.NewWriterSize(out, 1<<20), notes: log.New(notes, "", 0)}
	err := s.runAll(files, in)
	if flushed := s.out.Flush(); err == nil {
		err = flushed
	}
	if err != nil {
		fmt.Fprintln(notes, err)
		return 2
	}
	if options.Summary {
		c := s.counts
		fmt.Fprintf(notes, "cilium %s: %d tests, %d connections: %d allowed, %d denied, %d undecided, %d errors, %d unstable\n",
			minor.Version, c.tests, c.connections, c.allowed, c.denied, c.undecided, c.errors, c.unstable)
	}
	return 0
}

func (s *stream) runAll(files []string, in io.Reader) error {
	if len(files) == 0 {
		return s.run(in)
	}
	for _, name := range files {
		if err := s.runFile(name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (s *stream) runFile(name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	return s.run(file)
}
