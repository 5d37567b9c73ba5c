import config from "./ava.wire.config.js";

const isNet = process.env["UISGE_TRANSPORT"] === "net";

/** What another version of Node may answer otherwise: what is built on its insides, its parsers and its processes. */
const byUsualTransport = [
  "build/test/{cli,connection,gateway,plugins,server}/**/*.test.js",
  // Loaders of modules and error messages of theirs.
  "build/test/config/{sources,read/read-module}.test.js",
  "build/test/app/{fetch,node}/**/*.test.js",
  // Each Node has another fetch, and not all load all majors of undici.
  "build/test/client/dispatcher/*.test.js",
  "build/test/reliability/dispatcher-memory.test.js",
  // zlib, source maps, web cryptography, and the classes of node:http and fetch.
  "build/test/middleware/*/contract.test.js",
  "build/test/middleware/compress/*.test.js",
  "build/test/middleware/compose/{as-listener,connect,mount}.test.js",
  "build/test/middleware/errors/{bodies,development,sources}.test.js",
  "build/test/middleware/session/{interfaces,seal}.test.js",
  "build/test/interop/*.test.js",
  "build/test/threats/{t15,t19,t20}-*.test.js",
  "build/test/log/stalled-pipe.test.js",
  // The inspector, signals, descriptors that are inherited.
  "build/test/manager/{watcher,worker*}.test.js",
  "build/test/{lifecycle,serve}.test.js",
  // Descriptors that are passed on, pipes, the inspector, privileges.
  "build/test/manager/{manage*,sockets/*,worker/*}.test.js",
  "build/test/threats/t27-*.test.js",
  // About web servers that start programs, nginx's configuration, and what curl does.
  "!build/test/interop/cgi.test.js",
  "!build/test/cli/{commands-page,completion,config-command,control-commands,doctor-command,hostile-config,import,manager-flags,on-terminal,tools-page}.test.js",
  "!build/test/cli/curl/**",
];

/** `net` is public, so what goes over it is asked less. */
const byNet = [
  "build/test/{connection,server}/**/*.test.js",
  "build/test/interop/nginx-{bodies,endings,websocket}.test.js",
  "build/test/threats/{t19,t20}-*.test.js",
  "build/test/serve.test.js",
  ...config.files.filter((file) => file.startsWith("!")),
];

/** The tests that `npm run test:nodes` runs on other versions of Node than the one that runs all. */
export default { ...config, files: isNet ? byNet : byUsualTransport };
