// Reads one JSON request a line, {"parser": ..., "text": ...}, and answers what the parser of that name made of the text.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"os"
	"strings"

	compose "github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/docker/cli/pkg/kvfile"
	"github.com/joho/godotenv"
	"sigs.k8s.io/yaml"
)

type request struct {
	Parser string `json:"parser"`
	Text   string `json:"text"`
}

type answer struct {
	Values map[string]string `json:"values"`
	Error  string            `json:"error"`
}

func docker(text string) (map[string]string, error) {
	lines, err := kvfile.ParseFromReader(strings.NewReader(text), nil)
	values := map[string]string{}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, "=")
		values[name] = value
	}
	return values, err
}

func secret(text string) (map[string]string, error) {
	var manifest struct {
		Data map[string]string `json:"data"`
	}
	if err := yaml.UnmarshalStrict([]byte(text), &struct {
		APIVersion string            `json:"apiVersion"`
		Kind       string            `json:"kind"`
		Metadata   map[string]string `json:"metadata"`
		Type       string            `json:"type"`
		Data       *map[string]string `json:"data"`
	}{Data: &manifest.Data}); err != nil {
		return nil, err
	}
	values := map[string]string{}
	for name, data := range manifest.Data {
		bytes, err := base64.StdEncoding.DecodeString(data)
		if err != nil {
			return nil, err
		}
		values[name] = string(bytes)
	}
	return values, nil
}

func parse(it request) (values map[string]string, err error) {
	switch it.Parser {
	case "godotenv":
		return godotenv.Unmarshal(it.Text)
	case "compose":
		return compose.UnmarshalWithLookup(it.Text, nil)
	case "docker":
		return docker(it.Text)
	case "k8s-secret":
		return secret(it.Text)
	default:
		err = yaml.UnmarshalStrict([]byte(it.Text), &values)
		return values, err
	}
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var it request
		if err := json.Unmarshal(line, &it); err != nil {
			panic(err)
		}
		values, err := parse(it)
		if err != nil {
			out.Encode(answer{Error: err.Error()})
		} else {
			out.Encode(answer{Values: values})
		}
	}
}
