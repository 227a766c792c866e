module ringfence/policyoracle

go 1.25.0
