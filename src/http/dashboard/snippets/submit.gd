extends Node

func _ready():
	var http := HTTPRequest.new()
	add_child(http)
	http.request_completed.connect(func(_result, _status, _headers, body):
		print(body.get_string_from_utf8()))
	http.request(
		"URL/leaderboard/entries",
		["Authorization: Bearer KEY", "Content-Type: application/json"],
		HTTPClient.METHOD_POST,
		JSON.stringify({"name": "First Player", "score": 9500}))
