class_name RankoraRetry
extends RefCounted
## When to ask again, and when not to. All times are in seconds.

## Up to here failures double the pause.
const LONGEST_BACKOFF := 60.0
## What is asked for may be weeks, and a plan may change before.
const LONGEST_PAUSE := 3600.0
## Who is told to come back later than this is told so, rather than kept waiting.
const LONGEST_WAIT := 30.0

const _MONTHS := "JanFebMarAprMayJunJulAugSepOctNovDec"


## How long to wait after so many failures in a row: twice as long each time, jittered so that games don't come back all
## at once, and no less than the server asks for, up to an hour.
static func pause(failures: int, first: float, retry_after := 0.0) -> float:
	var backoff := minf(first * pow(2.0, failures - 1), maxf(first, LONGEST_BACKOFF))
	return minf(retry_after + backoff * randf_range(0.75, 1.25), LONGEST_PAUSE)


## Whether another attempt may help and does no harm. A submission has its Idempotency-Key; a removal has none, so only
## one that was turned away at the door is repeated.
static func may_repeat(error: RankoraError, method: int) -> bool:
	var passes := error.status == 429 or error.status > 501 or error.code in ["network", "timeout"]
	if not passes or error.retry_after > LONGEST_WAIT:
		return false
	return method != HTTPClient.METHOD_DELETE or error.status == 429


## What a Retry-After header says: seconds, or from a proxy a date. -1 where it says nothing.
static func seconds_until(header: String, now: float) -> float:
	if header.is_valid_int():
		return maxf(0.0, float(header))
	# Sun, 06 Nov 1994 08:49:37 GMT
	var parts := header.split(" ", false)
	var month := -1 if parts.size() != 6 else _MONTHS.find(parts[2])
	if month < 0 or month % 3 != 0:
		return -1.0
	var date := "%s-%02d-%sT%s" % [parts[3], month / 3 + 1, parts[1], parts[4]]
	return maxf(0.0, ceilf(Time.get_unix_time_from_datetime_string(date) - now))
