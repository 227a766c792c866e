// The policy oracle on Cilium's packages in the version that go.mod names.
package main

import (
	"os"

	"ringfence/policyoracle"
)

func main() { os.Exit(policyoracle.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
