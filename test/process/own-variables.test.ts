import test from "ava";
import { withoutOwnVariables } from "../../src/process/own-variables.ts";
import { vassalEnvironment } from "../../src/manager/emperor/vassalage.ts";

test("what configures one process of ours is not passed on to those that it starts", (t) => {
  const env = { UISGE_SOCKET: "/a", UISGE_PREDECESSOR: "1", UISGE_TRANSPORT: "net", PATH: "/bin", MY_UISGE_X: "1" };
  t.deepEqual(withoutOwnVariables(env), { UISGE_TRANSPORT: "net", PATH: "/bin", MY_UISGE_X: "1" });
});

test("a vassal has its emperor's pid, and no option of its emperor's", (t) => {
  t.deepEqual(vassalEnvironment({ UISGE_APPLICATION: "a.js", LISTEN_FDS: "1", PATH: "/bin" }, 7), {
    PATH: "/bin",
    UISGE_EMPEROR: "7",
  });
});
