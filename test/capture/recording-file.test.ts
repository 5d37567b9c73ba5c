import { chmodSync, chownSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { isRecording, type RecordedExchange } from "../../src/capture/index.ts";
import { formatHeader } from "../../src/capture/record-format.ts";
import { RecordingFile } from "../../src/capture/recording-file.ts";
import { needsLinux, needsOtherUser, OTHER_UID } from "../helpers/needs.ts";
import { folderOf } from "../helpers/temp-folder.ts";

const nothing = { length: 0, bytes: new Uint8Array(0) };
const one: RecordedExchange = {
  n: 1,
  at: "",
  startMs: 0,
  peer: "",
  ms: { end: 0 },
  end: "complete",
  request: nothing,
  response: nothing,
};
const header = { at: "", to: "", redacted: false };

test("a recording is known by how its first line begins", (t) => {
  const bytes = Buffer.from(formatHeader(header));
  t.true(isRecording(bytes));
  t.false(isRecording(bytes.subarray(0, 19)));
  t.false(isRecording(bytes.subarray(1)));
  t.false(isRecording(new Uint8Array(0)));
});

test("exchanges are counted as written once they are in the file", async (t) => {
  const file = await RecordingFile.open(join(folderOf(t), "rec"), header);
  file.add(one);
  await file.close();
  t.deepEqual(file.counts, { written: 1, lost: 0 });
});

test("a file that others could read is private from then on", async (t) => {
  const path = join(folderOf(t), "rec");
  writeFileSync(path, "", { mode: 0o666 });
  chmodSync(path, 0o666);
  await (await RecordingFile.open(path, header)).close();
  t.is(statSync(path).mode & 0o777, 0o600);
});

needsOtherUser()("a file of somebody else is refused, also behind a link, and nothing is written to it", async (t) => {
  const folder = folderOf(t);
  const [theirs, link] = [join(folder, "theirs"), join(folder, "link")];
  writeFileSync(theirs, "");
  chownSync(theirs, OTHER_UID, OTHER_UID);
  symlinkSync(theirs, link);
  for (const path of [theirs, link]) {
    await t.throwsAsync(RecordingFile.open(path, header), { code: "UWSGI_BAD_CAPTURE", message: /belongs to user/ });
  }
  t.is(readFileSync(theirs, "utf8"), "");
});

needsLinux()("a disk that is full is told once, and what comes then is counted as lost", async (t) => {
  const notices: string[] = [];
  // The device on which every write fails as on a full disk.
  await t.throwsAsync(RecordingFile.open("/dev/full", header), { code: "ENOSPC" });
  const folder = folderOf(t);
  const file = await RecordingFile.open(join(folder, "rec"), header, {
    maxFileBytes: 1,
    onNotice: (text) => notices.push(text),
  });
  const internal = file as unknown as { handle: { write: () => Promise<never> } };
  internal.handle.write = () => Promise.reject(Object.assign(new Error("no space left on device"), { code: "ENOSPC" }));
  const other = file as unknown as { rotate: () => Promise<void> };
  other.rotate = () => Promise.resolve();
  for (let i = 0; i < 3; i++) file.add(one);
  await file.close();
  t.deepEqual(file.counts, { written: 0, lost: 3 });
  t.is(notices.length, 1);
  t.regex(notices.join(), /no space left on device; recording has stopped, the traffic goes on/);
});
