import config from "./ava.config.js";

/** These say themselves which transport they are about, have none, or go by TLS, which has one only. */
const sameOnBoth = [
  "!build/test/connection/{cluster,direct-self-test,direct-transport,transport,tls}.test.js",
  "!build/test/connection/{address,connection,deadlines,sweeper}.test.js",
  "!build/test/server/{lent-packets,upgrade}.test.js",
];

/**
 * The tests with a real connection in them. They must hold whatever carries it: `npm test` runs them once more with
 * UISGE_TRANSPORT=net, `npm run test:nodes` on both transports on each version of Node.
 */
export default {
  ...config,
  files: [
    "build/test/{cli,connection,gateway,interop,log,plugins,server,threats}/**/*.test.js",
    "build/test/{lifecycle,serve}.test.js",
    "build/test/app/wsgi.test.js",
    ...(process.env["UISGE_TRANSPORT"] === "net" ? sameOnBoth : []),
  ],
};
