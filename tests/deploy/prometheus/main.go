// Reads a configuration of Prometheus, and the files of rules that it names, as Prometheus itself does: what
// `promtool check config` asks of them. Prints what is wrong, a line each, and ends with 1 when something is.
package main

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

var quiet = slog.New(slog.DiscardHandler)

func main() {
	wrong := wrongIn(os.Args[1])
	for _, each := range wrong {
		fmt.Println(each)
	}
	if len(wrong) > 0 {
		os.Exit(1)
	}
}

// wrongIn returns what is wrong with a configuration or its rules.
func wrongIn(file string) []error {
	read, err := config.LoadFile(file, false, quiet)
	if err != nil {
		return []error{err}
	}
	var wrong []error
	for _, pattern := range read.RuleFiles {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			wrong = append(wrong, fmt.Errorf("%s names no file", pattern))
		}
		for _, rules := range files {
			_, found := rulefmt.ParseFile(rules, false, model.UTF8Validation, parser.NewParser(parser.Options{}), quiet)
			wrong = append(wrong, found...)
		}
	}
	return wrong
}
