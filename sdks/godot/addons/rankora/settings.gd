@tool
class_name RankoraSettings
extends RefCounted
## What stands in the project's settings under Rankora.

const BASE_URL := "rankora/server/base_url"
const KEY := "rankora/server/key"
const TIMEOUT := "rankora/server/timeout"
const RETRIES := "rankora/server/retries"
const KEEP := "rankora/queue/keep"
const IS_ASCENDING := "rankora/queue/lower_is_better"
const QUEUE_LIMIT := "rankora/queue/limit"
## In place of an empty [constant KEY], so that a dedicated server's secret key stands in no file.
const KEY_VARIABLE := "RANKORA_KEY"

## Of each setting, the value where nobody has set one.
const DEFAULTS := {
	BASE_URL: "http://127.0.0.1:8080",
	KEY: "",
	TIMEOUT: 10.0,
	RETRIES: 2,
	KEEP: 0,
	IS_ASCENDING: false,
	QUEUE_LIMIT: 100,
}


static func base_url() -> String:
	return _value(BASE_URL)


static func key() -> String:
	var own: String = _value(KEY)
	return own if not own.is_empty() else OS.get_environment(KEY_VARIABLE)


static func timeout() -> float:
	return _value(TIMEOUT)


static func retries() -> int:
	return _value(RETRIES)


static func keep() -> int:
	return _value(KEEP)


static func is_ascending() -> bool:
	return _value(IS_ASCENDING)


static func queue_limit() -> int:
	return _value(QUEUE_LIMIT)


static func _value(name: String) -> Variant:
	return ProjectSettings.get_setting(name, DEFAULTS[name])
