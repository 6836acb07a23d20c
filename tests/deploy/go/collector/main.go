// The OpenTelemetry Collector, with the components that deploy/observability/collector.yaml names and no others, each
// of the release whose image docker-compose.yml pins. It is called as the image is; `validate --config=FILE` says what
// is wrong with a configuration, and ends with 1 when something is.
package main

import (
	"errors"
	"os"

	"github.com/open-telemetry/opentelemetry-collector-contrib/exporter/prometheusexporter"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/fileprovider"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/otlpexporter"
	"go.opentelemetry.io/collector/otelcol"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/batchprocessor"
	"go.opentelemetry.io/collector/processor/memorylimiterprocessor"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/service/telemetry/otelconftelemetry"
)

func main() {
	files := confmap.ResolverSettings{
		ProviderFactories: []confmap.ProviderFactory{fileprovider.NewFactory()},
		DefaultScheme:     "file",
	}
	settings := otelcol.CollectorSettings{
		BuildInfo:              component.BuildInfo{Command: "collector"},
		Factories:              components,
		ConfigProviderSettings: otelcol.ConfigProviderSettings{ResolverSettings: files},
	}
	if otelcol.NewCommand(settings).Execute() != nil { // it has said why
		os.Exit(1)
	}
}

// components returns what a configuration may name.
func components() (otelcol.Factories, error) {
	var found otelcol.Factories
	var wrong [3]error
	found.Receivers, wrong[0] = otelcol.MakeFactoryMap[receiver.Factory](otlpreceiver.NewFactory())
	found.Processors, wrong[1] = otelcol.MakeFactoryMap[processor.Factory](
		batchprocessor.NewFactory(), memorylimiterprocessor.NewFactory())
	found.Exporters, wrong[2] = otelcol.MakeFactoryMap[exporter.Factory](
		otlpexporter.NewFactory(), prometheusexporter.NewFactory())
	found.Telemetry = otelconftelemetry.NewFactory()
	return found, errors.Join(wrong[:]...)
}
