// Reads what Prometheus is told, as Prometheus itself does. Two questions, and 1 at the end when something is wrong:
//
//	prometheus config FILE    what `promtool check config` asks of it and of the rules that it names; wrong lines only
//	prometheus rules FILE     `promtool test rules`: its own source, unittest.go, is built in beside this file
package main

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	_ "github.com/google/go-cmp/cmp" // unittest.go needs these, and is not here when go mod tidy looks
	_ "github.com/grafana/regexp"
	_ "github.com/nsf/jsondiff"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
	_ "github.com/prometheus/prometheus/rules"
	_ "github.com/prometheus/prometheus/util/junitxml"
	_ "go.yaml.in/yaml/v2"
)

// What unittest.go knows of the rest of promtool.
const (
	successExitCode = 0
	failureExitCode = 1
)

var quiet = slog.New(slog.DiscardHandler)

func main() {
	question, file := os.Args[1], os.Args[2]
	if question == "rules" {
		options := promqltest.LazyLoaderOpts{EnableAtModifier: true, EnableNegativeOffset: true}
		os.Exit(RulesUnitTest(options, parser.NewParser(parser.Options{}), nil, false, false, false, file))
	}
	wrong := wrongIn(file)
	for _, each := range wrong {
		fmt.Println(each)
	}
	if len(wrong) > 0 {
		os.Exit(failureExitCode)
	}
}

// parseTime returns an instant that a test begins at.
func parseTime(text string) (time.Time, error) {
	return time.Parse(time.RFC3339Nano, text)
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
