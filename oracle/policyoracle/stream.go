package policyoracle

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
)

// Options are what the command line asks for.
type Options struct {
	Times         int
	Stamp         bool
	DropUnstable  bool
	KeepOmissions bool
	Summary       bool
	Lines         bool
}

// maxLineBytes bounds a test; a longer line is an error.
const maxLineBytes = 256 << 20

// stream answers tests, one a line, and counts what it did.
type stream struct {
	options *Options
	out     *bufio.Writer
	notes   *log.Logger
	counts  counts
}

type counts struct{ tests, connections, allowed, denied, undecided, errors, unstable int }

// run answers the tests of a file or of standard input. With -lines each answer is written at once and a line that is no
// test is answered with an error; otherwise such a line ends the run.
func (s *stream) run(in io.Reader) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 1<<20), maxLineBytes)
	for number := 1; lines.Scan(); number++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		answered, err := s.answer(line)
		if err != nil && !s.options.Lines {
			return fmt.Errorf("line %d: %w", number, err)
		}
		if err != nil {
			answered, _ = jsonText(map[string]string{"error": err.Error()})
		}
		if _, err := s.out.Write(append(answered, '\n')); err != nil {
			return err
		}
		if s.options.Lines {
			if err := s.out.Flush(); err != nil {
				return err
			}
		}
	}
	return lines.Err()
}

func (s *stream) answer(line []byte) (json.RawMessage, error) {
	var test Test
	if err := json.Unmarshal(line, &test); err != nil {
		return nil, fmt.Errorf("not a policy test: %w", err)
	}
	answer := EvaluateTimes(&test, s.options.Times)
	s.count(&test, answer)
	return answeredLine(line, &test, answer, s.options)
}

func (s *stream) count(test *Test, answer *Answer) {
	s.counts.tests++
	if answer.Err != nil {
		s.counts.errors++
		s.notes.Printf("%s: %v", test.Name, answer.Err)
	}
	for i, expect := range answer.Connections {
		if answer.unstable(i) {
			s.counts.unstable++
			c := test.Connections[i]
			s.notes.Printf("UNSTABLE %s connection %d %s -> %s", test.Name, i, c.From, c.To)
			if s.options.DropUnstable {
				continue
			}
		}
		s.counts.connections++
		switch {
		case expect.Error != "":
			s.counts.errors++
		case expect.Verdict == "allowed":
			s.counts.allowed++
		case expect.Verdict == "denied":
			s.counts.denied++
		default:
			s.counts.undecided++
		}
	}
}
