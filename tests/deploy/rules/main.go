// Reads a file of alerting rules as Prometheus itself does, which is what `promtool check rules`
// asks of it, and prints what is wrong with it, a line each. Ends with 1 when something is.
package main

import (
	"fmt"
	"log/slog"
	"os"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

func main() {
	promql := parser.NewParser(parser.Options{})
	_, wrong := rulefmt.ParseFile(os.Args[1], false, model.UTF8Validation, promql, slog.New(slog.DiscardHandler))
	for _, each := range wrong {
		fmt.Println(each)
	}
	if len(wrong) > 0 {
		os.Exit(1)
	}
}
