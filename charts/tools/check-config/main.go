// check-config holds files against what reads them, where that program itself cannot be had: a kind configuration against
// kind's own types, strictly, and a Tiltfile against the grammar of Starlark.
//
//	check-config kind FILE
//	check-config starlark FILE
package main

import (
	"fmt"
	"os"

	"go.starlark.net/syntax"
	"sigs.k8s.io/kind/pkg/apis/config/v1alpha4"
	"sigs.k8s.io/yaml"
)

func main() {
	if len(os.Args) != 3 {
		fail(fmt.Errorf("usage: check-config kind|starlark FILE"))
	}
	text, err := os.ReadFile(os.Args[2])
	if err != nil {
		fail(err)
	}
	switch os.Args[1] {
	case "kind":
		err = checkKind(text)
	case "starlark":
		_, err = syntax.LegacyFileOptions().Parse(os.Args[2], text, 0)
	default:
		err = fmt.Errorf("nothing checks %q", os.Args[1])
	}
	if err != nil {
		fail(err)
	}
}

func checkKind(text []byte) error {
	var cluster v1alpha4.Cluster
	if err := yaml.UnmarshalStrict(text, &cluster); err != nil {
		return err
	}
	if cluster.Kind != "Cluster" || cluster.APIVersion != "kind.x-k8s.io/v1alpha4" {
		return fmt.Errorf("not a kind configuration: %s %s", cluster.APIVersion, cluster.Kind)
	}
	return nil
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
