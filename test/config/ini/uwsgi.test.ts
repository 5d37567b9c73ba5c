/** The reader beside uWSGI itself: what `uwsgi --show-config` prints of the same files. */
import { spawnSync } from "node:child_process";
import { realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readIni } from "../../../src/config/ini/read-ini.ts";
import { findProgram } from "../../helpers/find-program.ts";
import { needs } from "../../helpers/needs.ts";
import { folderOf } from "../../helpers/temp-folder.ts";
import { machineHost } from "./hosts.ts";

/** What the reader keeps for itself, placeholders by `set-ph` included; uWSGI prints it as well. */
const OURS =
  /^(?:show-config|no-server|ini|yaml|include|inherit|set|set-ph|set-placeholder|end.*|for|for-.*|if.*|ph|other-ph)$/;

/** Says nothing that is a problem to us; only what uWSGI 2.0 can. */
const main = String.raw`# a comment
 ; another one
out-of-nothing = below a title
[other]
not = read
[uwsgi]
   a   =   1 # not a comment
b=2;neither
bare
	tab	=	value	
empty =
d = first
d = second
"q" = "quoted 'text'"
slash = a\
two words = x = y = z
[third]
not = read
[uwsgi]
again = %(a)
percent = 100%% of %%%% and %%n
double = %%(b)
cut-off = %x	a b	%x
later = [%(defined)]
defined = x%(nested)
nested = y%(last)
last = z
unknown = %(nope) %(addr) - %(user) [%(ltime)] %(method) %(uri)
env = $(INI_TEST)|$(INI_EMPTY)|$INI_TEST|$ (INI_TEST)|$()
twice = <$(INI_TEST)$(INI_TEST)>
file = <@(word)>
file-two = <@(%dword)>
name-of-file = <@($(INI_FILE))>
from-env = <$(INI_REFERS)>
open = %(a|$(INI_TEST|@(word
parens = %(a (b)|(%(b))|%(%(name-of-b))
name-of-b = b
seven = 7
two = 2
twelve = 12x
sum = %(seven + two)|%(seven - two)|%(seven * two)|%(seven / two)|%(two - seven)|%(seven / 0)
join = %(seven two)|%(seven two + 3 * 2)|%(seven ++)|%(seven --)|%(seven two ++)|%(7 + 3)
text-sum = %(twelve + 1)|%(a + 1)|%(empty + 1)|%(bare 5)
wrap = %(9223372036854775807 + 1)|%(99999999999999999999 + 0)
blanks = %( )|%()|%(a b)|
paths = %o|%p|%s|%d|%e|%n|%c|%x|%i|%j|%0|%1|%2|%9
first = %O|%P|%S|%D|%E|%N|%C|%X|%J
host = %v|%h|%k|%u|%U|%g|%b|%[[1m
%n-key = magic in a name
set-ph = ph=placed
set = chosen=%(ph)
set-placeholder = other-ph=one=two
use-ph = %(ph) %(chosen) %(other-ph)
for = x y  z
loop-one = <%(_)>
loop-two = %(_)%(_)
loop-bare
endfor =
for =
loop-none = %(_)
endfor
for-times = 3
times = %(_)
endfor
for-readline = lines
line = [%(_)]
end-for
for-glob = nothing-*.here
glob = %(_)
end
if-env = INI_TEST
env-1 = %(_)
endif
if-env = INI_TEST=other
env-2 = %(_)
endif
if-env = INI_TEST=value
env-3 = %(_)
endif
if-env = INI_NOT
env-4 = %(_)
endif
if-not-env = INI_NOT
not-env-1 = yes
endif
if-not-env = INI_TEST=other
not-env-2 = %(_)
endif
ifenv = INI_TEST
env-5 = %(_)
endif
if-exists = word
exists = %(_)
endif
if-not-exists = word
exists-not = %(_)
endif
if-exists = nothing.here
exists-2 = %(_)
endif
if-file = word
is-file = %(_)
endif
if-file = .
is-file-2 = %(_)
endif
if-not-file = .
is-no-file = %(_)
endif
if-dir = .
is-dir = %(_)
endif
if-not-dir = word
is-no-dir = %(_)
endif
if-directory = .
is-directory = %(_)
endif
if-opt = a=1 # not a comment
opt = %(_)
endif
if-opt = seven=8
opt-2 = %(_)
endif
if-opt = nope
opt-3 = %(_)
endif
if-opt = later=[%(defined)]
opt-4 = %(_)
endif
if-not-opt = nope
opt-5 = %(seven)
endif
if-not-opt = seven=8
opt-6 = %(_)
endif
if-hostname = not.this.host
host-1 = x
endif
if-not-hostname = not.this.host
host-2 = %(_)
endif
if-reload =
reload = x
endif
if-not-reload =
reload-not = x
endif
if-plugin = no_such_plugin
plugin-1 = x
endif
if-not-plugin = no_such_plugin
plugin-2 = %(_)
endif
inherit = base.ini
before = include
include = part.ini
between = %(from-part)
ini = :extra
ini = %d%n.ini:more
if-exists = word
ini = part.ini:loose
endif
for = s1 s2
ini = part.ini:%(_)
endfor
after = include
[more]
more = %n %x %X %o
[uwsgi ]
not = read
[uwsgi]
unended = true`;

const part = `[uwsgi]
from-part = %n|%N|%s|%S|%x|%X
seven = 8
[extra]
extra = %n|%N|%x
[loose]
loose = %x
[s1]
s = 1
[s2]
s = 2
`;

needs("uwsgi")("an ini file says what it says to uWSGI", (t) => {
  const cwd = realpathSync(folderOf(t));
  const files = { "main.ini": main, "part.ini": part, "base.ini": "[uwsgi]\nbase = %n|%N\n", word: "a word\n" };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  writeFileSync(join(cwd, "lines"), "one\n\ntwo\r\nthree");
  const env = { INI_TEST: "value", INI_EMPTY: "", INI_FILE: "word", INI_REFERS: "%(b)", PATH: process.env["PATH"] };
  const path = join(cwd, "main.ini");
  const { stdout, stderr } = spawnSync(findProgram("uwsgi") ?? "", ["--show-config", "--no-server", "--ini", path], {
    cwd,
    env,
    encoding: "utf8",
    timeout: 30_000,
  });
  const output = `${stdout}${stderr}`;
  const [, shownConfig] = /\[uwsgi\]\n([\s\S]*?)\n;end of configuration/.exec(output) ?? [];
  t.truthy(shownConfig, output);
  const theirs = (shownConfig ?? "").split("\n").map((line) => line.split(/ = (.*)/s).slice(0, 2));
  const [, executable = ""] = /detected binary path: (.*)/.exec(output) ?? [];
  const { entries, problems } = readIni(path, undefined, machineHost(cwd, { env, executable }));
  t.deepEqual(
    problems.map(({ message }) => message),
    ["the line stands in no section: [uwsgi] or [uisge] is needed above it"],
  );
  t.deepEqual(
    entries.map(({ name, value }) => [name, value === true ? "" : value]),
    theirs.filter(([name]) => !OURS.test(name ?? "")),
  );
  t.true(entries.length > 80);
});
