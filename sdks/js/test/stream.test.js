import assert from "node:assert/strict";
import { test } from "node:test";

import { parser } from "../src/stream.js";

function parse(...pieces) {
  const events = [];
  const feed = parser((event) => events.push(event));
  pieces.forEach((piece) => feed(piece));
  return events;
}

const STREAM = "retry: 2500\r\ndata: one\r\n\r\n: comment\r\n\r\nid: 7-1\r\ndata: {\"a\":\r\ndata:1}\r\n\r\nid\r\ndata: x\r\n\r\n";
const EVENTS = [
  { data: "one", id: "", retry: 2500 },
  { data: '{"a":\n1}', id: "7-1", retry: 2500 },
  { data: "x", id: "", retry: 2500 },
];

test("a stream means the same in whatever pieces it comes, and with whatever line ends", () => {
  for (const end of ["\r\n", "\n", "\r"]) {
    const text = STREAM.replaceAll("\r\n", end);
    // What ends with `\r` may go on with `\n`: only the next piece tells.
    assert.deepEqual(parse(text, ":"), EVENTS, JSON.stringify(end));
    assert.deepEqual(parse(...text, ":"), EVENTS, JSON.stringify(end));
    for (let cut = 1; cut < text.length; cut += 1) {
      assert.deepEqual(parse(text.slice(0, cut), text.slice(cut), ":"), EVENTS, `cut at ${cut}`);
    }
  }
});

test("what is no message is left out, and what is broken changes nothing", () => {
  assert.deepEqual(parse("id: 1\n\nevent: x\nfoo: bar\n\nretry: soon\nid: a\0b\ndata: y\n\n"), [
    { data: "y", id: "1", retry: undefined },
  ]);
  assert.deepEqual(parse("data: unfinished"), []);
  assert.deepEqual(parse("data\ndata\n\n"), [{ data: "\n", id: "", retry: undefined }]);
});
