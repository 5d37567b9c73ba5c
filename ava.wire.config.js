import config from "./ava.config.js";
import { long } from "./ava.long.js";

/**
 * These say themselves which transport they are about, have none, or go by TLS, which has one only; or are about what
 * is said over a connection, and not about the connection.
 */
const sameOnBoth = [
  "!build/test/connection/{accepting-server,choose-*,cluster,*-self-test,direct-transport,hold-socket,transport,tls}.test.js",
  "!build/test/connection/{absence,address,body-input,connection,deadlines,lingering,roster,sweeper,write-watch}.test.js",
  "!build/test/server/{blame,direct-answer,lent-packets,upgrade}.test.js",
  "!build/test/interop/{cgi,nginx-middleware,nginx-tls}.test.js",
  // Of the front ends nginx and Apache are enough: what comes from the others is the same to either transport.
  "!build/test/interop/front-ends/{differences,lighttpd,nginx-variants,uwsgi-router}.test.js",
  "!build/test/cli/{cli,commands-page,completion,config-command,hostile-config,import,listening,manager-flags,on-terminal,serve-options,queue-notice}.test.js",
  "!build/test/cli/frame/**",
  // HTTP at the edge, nginx's configuration, what is printed: a server stands behind it, whichever way its bytes go.
  "!build/test/cli/{bridge,bridge-upstream,control-commands,decode,doctor-command,ping,route,serve-subscriptions,tools-page}.test.js",
  "!build/test/{cli/curl,gateway/browser,gateway/http,interop/requests}/**",
  "!build/test/interop/{*-uwsgi,subscription,uwsgi-*}.test.js",
  "!build/test/threats/{coverage,t08-*,t13-bridge-*,t25-*,t26-*,t27-*,t37-*,t38-*}.test.js",
  "!build/test/threats/{t03-log-*,t07-*,t11-*,t15-*,t24-*,t32-*,t33-*,t35-*}.test.js",
];

/**
 * The tests with a real connection in them. They must hold whatever carries it: `npm test` runs them once more with
 * UISGE_TRANSPORT=net; `ava.nodes.config.js` chooses those for other versions of Node.
 */
export default {
  ...config,
  files: [
    "build/test/{cli,connection,gateway,interop,plugins,server,threats}/**/*.test.js",
    "build/test/{lifecycle,serve}.test.js",
    "build/test/log/stalled-pipe.test.js",
    ...long.map((file) => `!${file}`),
    ...(process.env["UISGE_TRANSPORT"] === "net" ? sameOnBoth : []),
  ],
};
