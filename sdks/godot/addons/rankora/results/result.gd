@tool
class_name RankoraResult
extends RefCounted
## What came of a request.

## Why it failed; null where it didn't.
var error: RankoraError


func is_ok() -> bool:
	return error == null


## This, as failed.
func failed(with: RankoraError) -> RankoraResult:
	error = with
	return self


func _text_of(value: Variant) -> String:
	return value if value is String else ""
