package policyoracle

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// orderedObject is a JSON object whose members keep their order and their text, so that an answered test differs from the
// question in the answers alone.
type orderedObject []orderedMember

type orderedMember struct {
	key   string
	value json.RawMessage
}

func parseOrderedObject(raw []byte) (orderedObject, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil, fmt.Errorf("not a JSON object")
	}
	var object orderedObject
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		name, _ := key.(string)
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, err
		}
		object = append(object, orderedMember{name, value})
	}
	return object, nil
}

func (o orderedObject) index(key string) int {
	for i, member := range o {
		if member.key == key {
			return i
		}
	}
	return -1
}

func (o orderedObject) get(key string) json.RawMessage {
	if i := o.index(key); i >= 0 {
		return o[i].value
	}
	return nil
}

// with sets a member where it is, else behind another one, else at the end.
func (o orderedObject) with(key string, value json.RawMessage, after string) orderedObject {
	if i := o.index(key); i >= 0 {
		o[i].value = value
		return o
	}
	at := len(o)
	if i := o.index(after); i >= 0 {
		at = i + 1
	}
	result := append(orderedObject{}, o[:at]...)
	result = append(result, orderedMember{key, value})
	return append(result, o[at:]...)
}

func (o orderedObject) without(key string) orderedObject {
	if i := o.index(key); i >= 0 {
		return append(append(orderedObject{}, o[:i]...), o[i+1:]...)
	}
	return o
}

// text writes the object in one line.
func (o orderedObject) text() (json.RawMessage, error) {
	var out bytes.Buffer
	out.WriteByte('{')
	for i, member := range o {
		if i > 0 {
			out.WriteByte(',')
		}
		key, err := jsonText(member.key)
		if err != nil {
			return nil, err
		}
		out.Write(key)
		out.WriteByte(':')
		if err := json.Compact(&out, member.value); err != nil {
			return nil, err
		}
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// jsonText writes a value in one line, with <, > and & as they are.
func jsonText(value any) (json.RawMessage, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimRight(out.Bytes(), "\n"), nil
}
