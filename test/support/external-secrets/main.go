// Reads from a URL as the webhook provider of External Secrets does: the same templates, the same JSONPath library, the
// same meaning of statuses. Takes a question as JSON on standard input, answers JSON.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"text/template"

	"github.com/PaesslerAG/jsonpath"
)

type question struct {
	URL      string            `json:"url"`
	Headers  map[string]string `json:"headers"`
	JSONPath string            `json:"jsonPath"`
	Key      string            `json:"key"`
	Token    string            `json:"token"`
	// Whether the path leads to one value and not to a map of them.
	Single bool `json:"single"`
}

type answer struct {
	// values, no secret (whoever keeps what was delivered deletes it), not modified, error (it stays).
	Outcome string            `json:"outcome"`
	Reason  string            `json:"reason,omitempty"`
	Values  map[string]string `json:"values,omitempty"`
}

func filled(text string, key string, token string) (string, error) {
	parsed, err := template.New("webhook").Parse(text)
	if err != nil {
		return "", err
	}
	var result bytes.Buffer
	data := map[string]map[string]string{"remoteRef": {"key": key}, "token": {"value": token}}
	err = parsed.Execute(&result, data)
	return result.String(), err
}

// One value as a Kubernetes Secret holds it.
func bytesOf(value any) (string, error) {
	switch typed := value.(type) {
	case string:
		return typed, nil
	case bool:
		return strconv.FormatBool(typed), nil
	case float64:
		return strconv.FormatFloat(typed, 'f', -1, 64), nil
	case nil:
		return "", nil
	default:
		text, err := json.Marshal(typed)
		return string(text), err
	}
}

func fetch(asked question) ([]byte, string, error) {
	address, err := filled(asked.URL, url.QueryEscape(asked.Key), asked.Token)
	if err != nil {
		return nil, "error", err
	}
	var body bytes.Buffer
	request, err := http.NewRequest(http.MethodGet, address, &body)
	if err != nil {
		return nil, "error", err
	}
	for name, text := range asked.Headers {
		value, err := filled(text, asked.Key, asked.Token)
		if err != nil {
			return nil, "error", err
		}
		request.Header.Add(name, value)
	}
	response, err := (&http.Client{}).Do(request)
	if err != nil {
		return nil, "error", err
	}
	defer response.Body.Close()
	switch {
	case response.StatusCode == http.StatusNotFound:
		return nil, "no secret", nil
	case response.StatusCode == http.StatusNotModified:
		return nil, "not modified", nil
	case response.StatusCode < 200 || response.StatusCode >= 300:
		return nil, "error", fmt.Errorf("endpoint gave error %s", response.Status)
	}
	content, err := io.ReadAll(response.Body)
	return content, "", err
}

func valuesIn(content []byte, asked question) (map[string]string, error) {
	var document any
	if err := json.Unmarshal(content, &document); err != nil {
		return nil, err
	}
	found, err := jsonpath.Get(asked.JSONPath, document)
	if err != nil {
		return nil, err
	}
	if asked.Single {
		text, err := bytesOf(found)
		return map[string]string{"": text}, err
	}
	members, ok := found.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("wrong type: %T", found)
	}
	values := map[string]string{}
	for name, member := range members {
		if values[name], err = bytesOf(member); err != nil {
			return nil, err
		}
	}
	return values, nil
}

func ask(asked question) answer {
	content, outcome, err := fetch(asked)
	if err == nil && outcome == "" {
		values, failed := valuesIn(content, asked)
		if failed == nil {
			return answer{Outcome: "values", Values: values}
		}
		err = failed
	}
	if err != nil {
		return answer{Outcome: "error", Reason: err.Error()}
	}
	return answer{Outcome: outcome}
}

func main() {
	var asked question
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(ask(asked)); err != nil {
		os.Exit(1)
	}
}
