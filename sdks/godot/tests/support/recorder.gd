class_name RankoraTestRecorder
extends RankoraHttp
## Sends for real, and keeps what was asked.

## Each with method, url, headers (by their names in lower case) and body.
var asked: Array[Dictionary] = []


func send(method: int, url: String, headers: PackedStringArray, body: String, timeout: float) -> RankoraReply:
	asked.append({"method": method, "url": url, "headers": RankoraWire.headers_of(headers), "body": body})
	return await super(method, url, headers, body, timeout)
