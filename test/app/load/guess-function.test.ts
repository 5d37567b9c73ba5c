import { runInThisContext } from "node:vm";
import test from "ava";
import { guessFunction } from "../../../src/app/load/guess-function.ts";

// As text, so that neither the compiler nor the formatter makes something else of it.
for (const [source, expected] of [
  ["(req, res) => {}", "node"],
  ["async (req, res) => {}", "node"],
  ["function (req, res, next) {}", "node"],
  ["async function handle(req, res) {}", "node"],
  ["(req, res = {}) => {}", "fetch"],
  ["(request) => {}", "fetch"],
  ["request => {}", "fetch"],
  ["(request, ...rest) => {}", "fetch"],
  ["() => {}", "fetch"],
  ["(...args) => {}", "node"],
  ["function () { return app.apply(this, arguments); }", "node"],
  ["(function (req, res) {}).bind(null)", "node"],
  ["(function (...args) {}).bind(null)", "node"],
  ["(request) => ({ ...request })", "fetch"],
  ["(request, env) => {}", "fetch"],
  ["(request, env, ctx) => {}", "fetch"],
  ["async (request, _context) => {}", "fetch"],
  ["(environ, startResponse) => {}", "wsgi"],
  ["function (environ, start_response) {}", "wsgi"],
  ["async function site(environ, startResponse) {}", "wsgi"],
  ["class { constructor(environ, start) {} }", "wsgi"],
  ["({ run(environ, startResponse) {} }).run", "wsgi"],
  ["({ async run(req, res) {} }).run", "node"],
  ["({ a, b }, [c]) => {}", "node"],
] as const) {
  test(`guessed from ${source}: ${expected}`, (t) => {
    const found = runInThisContext(`(${source})`) as (...args: never[]) => unknown;
    t.is(guessFunction(found).interface, expected);
  });
}
