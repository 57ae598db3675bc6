class_name RankoraReply
extends RefCounted
## What came of one attempt to ask.

## [code]network[/code] or [code]timeout[/code] where no answer came.
var failure := ""
var status := 0
## By their names in lower case.
var headers := {}
var body := ""


static func failed(with: String) -> RankoraReply:
	var reply := RankoraReply.new()
	reply.failure = with
	return reply


## The error that it tells of, where it is no answer to work with.
func error(said: Variant) -> RankoraError:
	match failure:
		"timeout":
			return RankoraError.new("timeout", "The server took too long")
		"network":
			return RankoraError.new("network", "The server can't be reached")
	if status < 200 or status > 299 or not said is Dictionary:
		return RankoraError.of_answer(status, headers, said)
	return null
