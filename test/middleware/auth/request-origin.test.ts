import test from "ava";
import type { Environ } from "../../../src/environ/index.ts";
import { provenanceOf } from "../../../src/middleware/auth/request-origin.ts";

for (const [title, origin, host, port, provenance] of [
  ["the host that was asked for", "http://tea.example:8080", "tea.example:8080", "8080", "own"],
  ["the host, of which the front end says no port", "http://tea.example:8080", "tea.example", "8080", "own"],
  ["an address of IPv6, likewise", "http://[::1]:8080", "[::1]", "8080", "own"],
  ["another port of the host", "http://tea.example:8081", "tea.example", "8080", "foreign"],
  ["the front end's port, where another was asked for", "http://tea.example:8080", "tea.example:80", "8080", "foreign"],
  ["the port of the front end at another host", "http://evil.example:8080", "tea.example", "8080", "foreign"],
  ["a host that only begins so", "http://tea.example.evil:8080", "tea.example", "8080", "foreign"],
] as const) {
  test(`a page of ${title} is ${provenance}`, (t) => {
    const environ = { HTTP_ORIGIN: origin, HTTP_HOST: host, SERVER_PORT: port } as Partial<Environ> as Environ;
    t.is(provenanceOf(environ), provenance);
  });
}
