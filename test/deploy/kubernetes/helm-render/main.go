// Renders a chart with Go's template engine and sprig, the two that Helm is made of, and with the functions that Helm adds
// (pkg/engine/funcs.go) as far as a chart without dependencies can call them. For tests where no helm is to be had.
//
// Reads from stdin: {"chart": DIR, "values": {...}, "release": NAME, "namespace": NAME, "kubeVersion": "v1.36.0"}
// Writes to stdout: {"templates/x.yaml": "text", ...}
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"gopkg.in/yaml.v3"
)

type request struct {
	Chart, Release, Namespace, KubeVersion string
	Values                                 map[string]interface{}
}

type kubeVersion struct{ Version, Major, Minor string }

func (v kubeVersion) GitVersion() string { return v.Version }
func (v kubeVersion) String() string     { return v.Version }

type versions []string

func (v versions) Has(name string) bool {
	for _, one := range v {
		if one == name {
			return true
		}
	}
	return false
}

func main() {
	var asked request
	check(json.NewDecoder(os.Stdin).Decode(&asked))
	rendered, err := render(asked)
	check(err)
	check(json.NewEncoder(os.Stdout).Encode(rendered))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func render(asked request) (map[string]string, error) {
	root := template.New("gotpl").Option("missingkey=zero")
	root.Funcs(functions(root))
	files, err := filepath.Glob(filepath.Join(asked.Chart, "templates", "*"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if _, err := root.New(name(file)).Parse(string(text)); err != nil {
			return nil, err
		}
	}
	data, err := surroundings(asked)
	if err != nil {
		return nil, err
	}
	rendered := map[string]string{}
	for _, file := range files {
		if strings.HasPrefix(filepath.Base(file), "_") {
			continue
		}
		data["Template"] = map[string]interface{}{"Name": name(file), "BasePath": "templates"}
		var out bytes.Buffer
		if err := root.ExecuteTemplate(&out, name(file), data); err != nil {
			return nil, err
		}
		rendered[name(file)] = strings.ReplaceAll(out.String(), "<no value>", "")
	}
	return rendered, nil
}

func name(file string) string { return "templates/" + filepath.Base(file) }

func surroundings(asked request) (map[string]interface{}, error) {
	text, err := os.ReadFile(filepath.Join(asked.Chart, "Chart.yaml"))
	if err != nil {
		return nil, err
	}
	chart := map[string]interface{}{}
	if err := yaml.Unmarshal(text, &chart); err != nil {
		return nil, err
	}
	fields := map[string]interface{}{}
	for key, value := range chart {
		fields[strings.ToUpper(key[:1])+key[1:]] = value
	}
	return map[string]interface{}{
		"Values":       asked.Values,
		"Chart":        fields,
		"Release":      map[string]interface{}{"Name": asked.Release, "Namespace": asked.Namespace, "Service": "Helm", "IsInstall": true, "IsUpgrade": false, "Revision": 1},
		"Capabilities": map[string]interface{}{"KubeVersion": kubeVersion{Version: asked.KubeVersion}, "APIVersions": versions{"v1", "apps/v1"}},
	}, nil
}

func functions(root *template.Template) template.FuncMap {
	all := sprig.TxtFuncMap()
	delete(all, "env")
	delete(all, "expandenv")
	all["toYaml"] = func(value interface{}) string {
		// Through JSON, as sigs.k8s.io/yaml does.
		text, err := json.Marshal(value)
		if err != nil {
			return ""
		}
		var plain interface{}
		if json.Unmarshal(text, &plain) != nil {
			return ""
		}
		var out bytes.Buffer
		encoder := yaml.NewEncoder(&out)
		encoder.SetIndent(2)
		if encoder.Encode(plain) != nil {
			return ""
		}
		return strings.TrimSuffix(out.String(), "\n")
	}
	all["include"] = func(name string, data interface{}) (string, error) {
		var out strings.Builder
		err := root.ExecuteTemplate(&out, name, data)
		return out.String(), err
	}
	all["required"] = func(warning string, value interface{}) (interface{}, error) {
		if value == nil || value == "" {
			return value, fmt.Errorf("%s", warning)
		}
		return value, nil
	}
	all["fail"] = func(message string) (string, error) { return "", fmt.Errorf("%s", message) }
	return all
}
