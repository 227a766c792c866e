package policyoracle

import (
	"encoding/json"
	"slices"

	"ringfence/oracle/minor"
)

// answeredLine is the test's own line with the answers in it: everything else stays as it was written.
func answeredLine(line []byte, test *Test, answer *Answer, options *Options) (json.RawMessage, error) {
	object, err := parseOrderedObject(line)
	if err != nil {
		return nil, err
	}
	if options.Stamp {
		object = object.with("cilium", json.RawMessage(`"`+minor.Version+`"`), "name")
	}
	recorded := slices.ContainsFunc(test.Connections, func(c Connection) bool { return c.Expect != nil })
	if object, err = withConnections(object, test, answer, options); err != nil {
		return nil, err
	}
	if options.KeepOmissions {
		answer.keepPartialErrors(test.ExpectPolicies)
	}
	if object, err = withPolicies(object, test, answer, options.KeepOmissions && recorded); err != nil {
		return nil, err
	}
	object = object.without("error")
	if answer.Err != nil {
		text, err := jsonText(answer.Err.Error())
		if err != nil {
			return nil, err
		}
		object = object.with("error", text, "")
	}
	return object.text()
}

func withConnections(object orderedObject, test *Test, answer *Answer, options *Options) (orderedObject, error) {
	if len(test.Connections) == 0 {
		return object, nil
	}
	var raw []json.RawMessage
	if err := json.Unmarshal(object.get("connections"), &raw); err != nil {
		return nil, err
	}
	var answered []json.RawMessage
	for i := range raw {
		if answer.unstable(i) && options.DropUnstable {
			continue
		}
		expect := answer.Connections[i]
		if options.KeepOmissions {
			keepOmissions(expect, test.Connections[i].Expect)
		}
		line, err := withExpect(raw[i], expect)
		if err != nil {
			return nil, err
		}
		answered = append(answered, line)
	}
	if answered == nil {
		return object.without("connections"), nil
	}
	text, err := jsonText(answered)
	return object.with("connections", text, ""), err
}

// withExpect writes the answer into a connection. The order of the keys of an earlier answer stays.
func withExpect(raw json.RawMessage, expect *Expect) (json.RawMessage, error) {
	connection, err := parseOrderedObject(raw)
	if err != nil {
		return nil, err
	}
	text, err := jsonText(expect)
	if err != nil {
		return nil, err
	}
	answered, err := parseOrderedObject(text)
	if err != nil {
		return nil, err
	}
	if before, err := parseOrderedObject(connection.get("expect")); err == nil {
		answered = inOrderOf(answered, before)
	}
	if text, err = answered.text(); err != nil {
		return nil, err
	}
	return connection.with("expect", text, "").text()
}

// inOrderOf puts the members that another object has too in its order, the new ones behind them.
func inOrderOf(object, order orderedObject) orderedObject {
	if isSubsequence(order, object) {
		return object
	}
	var result orderedObject
	for _, member := range order {
		if value := object.get(member.key); value != nil {
			result = append(result, orderedMember{member.key, value})
		}
	}
	for _, member := range object {
		if order.index(member.key) < 0 {
			result = append(result, member)
		}
	}
	return result
}

// isSubsequence tells whether the keys of order that the object has come in the object's own order.
func isSubsequence(order, object orderedObject) bool {
	last := -1
	for _, member := range order {
		at := object.index(member.key)
		if at < 0 {
			continue
		}
		if at < last {
			return false
		}
		last = at
	}
	return true
}

func withPolicies(object orderedObject, test *Test, answer *Answer, keepAbsent bool) (orderedObject, error) {
	if len(answer.Policies) == 0 {
		return object.without("expectPolicies"), nil
	}
	if object.index("expectPolicies") < 0 && keepAbsent {
		return object, nil
	}
	text, err := jsonText(answer.Policies)
	after := "connections"
	if object.index(after) < 0 {
		after = "dns"
	}
	if object.index(after) < 0 {
		after = "objects"
	}
	return object.with("expectPolicies", text, after), err
}
