class_name RankoraWire
extends RefCounted
## Paths and bodies as the server reads them.

const ENTRIES := "/leaderboard/entries"
const LEADERBOARD := "/leaderboard"
const REALTIME := "/realtime"
const USAGE := "/usage"


## A path with a query of what is given: a limit or offset below 0, and an empty text, are not.
static func page_path(path: String, limit: int, offset: int, order: String, player_id: String) -> String:
	var query := PackedStringArray()
	if limit >= 0:
		query.append("limit=%d" % limit)
	if offset >= 0:
		query.append("offset=%d" % offset)
	if not order.is_empty():
		query.append("order=" + order.uri_encode())
	if not player_id.is_empty():
		query.append("player_id=" + player_id.uri_encode())
	return path if query.is_empty() else "%s?%s" % [path, "&".join(query)]


## The body of a submission that [method RankoraRules.check_submission] let pass.
static func submission_body(submission: Dictionary) -> String:
	var body := submission.duplicate()
	# As a float, a large one gets an exponent, and the server takes it.
	if absf(float(body["score"])) >= RankoraNumber.SAFE:
		body["score"] = float(body["score"])
	return RankoraJson.write(body)


## The headers of an answer, by their names in lower case.
static func headers_of(lines: PackedStringArray) -> Dictionary:
	var headers := {}
	for line in lines:
		var colon := line.find(":")
		if colon > 0:
			headers[line.left(colon).to_lower()] = line.substr(colon + 1).strip_edges()
	return headers


## A random UUID.
static func uuid() -> String:
	var bytes := Crypto.new().generate_random_bytes(16)
	# Version 4, variant 1.
	bytes[6] = (bytes[6] & 0x0F) | 0x40
	bytes[8] = (bytes[8] & 0x3F) | 0x80
	var hex := bytes.hex_encode()
	return "-".join([hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4), hex.substr(16, 4), hex.substr(20)])
