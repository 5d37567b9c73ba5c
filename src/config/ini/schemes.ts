/** What uWSGI reads by a scheme (`uwsgi_setup_schemes` in `core/io.c`), and why it is not read here. Pure. */

/** Why `path` is not read as a file; undefined where it is one. */
export function schemeFault(path: string): string | undefined {
  if (path === "-") return "standard input is not read: a file has to be named";
  const [, scheme] = /^([a-z]+):\/\//.exec(path) ?? [];
  if (scheme === undefined || !Object.hasOwn(reasons, scheme)) return undefined;
  return `${scheme}:// is not read: ${reasons[scheme] ?? ""}`;
}

const ofBinary = "it is a part of uWSGI's own program";

const reasons: Readonly<Record<string, string>> = {
  http: "what comes over the network cannot be trusted to configure a server",
  exec: "a configuration runs no commands",
  fd: "an open descriptor cannot be read a second time, at a reload",
  call: ofBinary,
  callint: ofBinary,
  sym: ofBinary,
  section: ofBinary,
  data: ofBinary,
  emperor: "an emperor hands over files here",
};
