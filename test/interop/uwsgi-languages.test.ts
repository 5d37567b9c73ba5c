/** Applications in Perl and Ruby behind real uWSGI: asked by our client, and by HTTP through our bridge. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { request } from "../../src/client/index.ts";
import { HttpBridge } from "../../src/gateway/index.ts";
import { send } from "../helpers/http-client.ts";
import { needs } from "../helpers/needs.ts";
import { folderOf } from "../helpers/temp-folder.ts";
import { startUwsgi } from "../helpers/uwsgi-process.ts";

interface Language {
  readonly name: string;
  /** Of Debian's, which is there when the plugin is. */
  readonly program: string;
  readonly plugin: string;
  readonly modifier1: number;
  readonly option: string;
  readonly file: string;
  readonly source: string;
}

const languages: readonly Language[] = [
  {
    name: "Perl",
    program: "uwsgi_psgi",
    plugin: "psgi",
    modifier1: 5,
    option: "--psgi",
    file: "app.psgi",
    source: `
my $app = sub {
  my $env = shift;
  my $body = '';
  $env->{'psgi.input'}->read($body, $env->{CONTENT_LENGTH} || 0);
  return [200, ['Content-Type' => 'text/plain'], ["$env->{REQUEST_METHOD} $env->{PATH_INFO} $body"]];
};
`,
  },
  {
    name: "Ruby",
    program: "uwsgi_rack",
    plugin: "rack",
    modifier1: 7,
    option: "--rack",
    file: "config.ru",
    source: `
run lambda { |env|
  body = env['rack.input'].read
  [200, { 'Content-Type' => 'text/plain' }, ["#{env['REQUEST_METHOD']} #{env['PATH_INFO']} #{body}"]]
}
`,
  },
];

async function start(t: ExecutionContext, { plugin, option, file, source }: Language): Promise<string> {
  const folder = folderOf(t);
  const [app, socket] = [join(folder, file), join(folder, "s")];
  writeFileSync(app, source);
  const args = [`--plugin=${plugin}`, `--socket=${socket}`, `${option}=${app}`, "--need-app"];
  const uwsgi = await startUwsgi(args, /spawned uWSGI worker/);
  t.teardown(() => uwsgi.kill());
  return socket;
}

for (const language of languages) {
  const { name, program, modifier1 } = language;
  needs(program)(`an application in ${name} is asked by the client and through the bridge`, async (t) => {
    const to = await start(t, language);
    const response = await request(to, { method: "POST", path: "/a%20b", body: "by the client", modifier1 });
    t.is(response.status, 200);
    t.is(await response.text(), "POST /a b by the client");
    await using bridge = await HttpBridge.listen({ to, modifier1 });
    const answer = await send({ port: bridge.port, method: "POST", path: "/c", body: [Buffer.from("in chunks")] });
    t.is(answer.status, 200);
    t.is(answer.body.toString(), "POST /c in chunks");
  });
}
