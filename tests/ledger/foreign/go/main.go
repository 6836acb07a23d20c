// Foreign answers questions about logs with libraries that others wrote: golang.org/x/mod/sumdb
// (tlog and note) and filippo.io/torchwood (C2SP). One JSON object a line comes in, one goes out.
// What a library refuses is answered with "ok": false and its words.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

// A question names what to do and brings what that needs; bytes are base64.
type question struct {
	Do         string            `json:"do"`
	LeafHashes [][]byte          `json:"leaf_hashes"`
	LeafHash   []byte            `json:"leaf_hash"`
	Index      int64             `json:"index"`
	Size       int64             `json:"size"`
	Root       []byte            `json:"root"`
	Old        int64             `json:"old"`
	OldRoot    []byte            `json:"old_root"`
	Proof      [][]byte          `json:"proof"`
	Tiles      map[string][]byte `json:"tiles"`
	Path       string            `json:"path"`
	Entries    [][]byte          `json:"entries"`
	Data       []byte            `json:"data"`
	Text       string            `json:"text"`
	Name       string            `json:"name"`
	Seed       []byte            `json:"seed"`
	Keys       []string          `json:"keys"`
	Policy     string            `json:"policy"`
}

// An answer holds what was found; which fields are set depends on the question.
type answer map[string]any

var answers = map[string]func(question) (answer, error){
	"build":      build,
	"included":   included,
	"grown":      grown,
	"prove":      prove,
	"read":       read,
	"path":       path,
	"entries":    entries,
	"open":       open,
	"sign":       sign,
	"cosign":     cosign,
	"checkpoint": checkpoint,
	"checkpoint_under": checkpointUnder,
	"proof":      proof,
	"format":     format,
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<16)
	out := json.NewEncoder(os.Stdout)
	decoder := json.NewDecoder(in)
	decoder.DisallowUnknownFields()
	for decoder.More() {
		var asked question
		if err := decoder.Decode(&asked); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if err := out.Encode(answered(asked)); err != nil {
			os.Exit(1)
		}
	}
}

func answered(asked question) answer {
	do, known := answers[asked.Do]
	if !known {
		fmt.Fprintln(os.Stderr, "unknown question", asked.Do)
		os.Exit(1)
	}
	found, err := do(asked)
	if err != nil {
		return answer{"ok": false, "error": err.Error()}
	}
	if found == nil {
		found = answer{}
	}
	found["ok"] = true
	return found
}
