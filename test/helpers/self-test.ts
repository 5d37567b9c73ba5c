/** Runs `test/programs/self-test.ts`: the direct transport on a Node that is not as it should be. */
import { Child, type ChildOptions } from "./child.ts";
import { program } from "./measured-server.ts";

/** What the program printed; rejects when anything else came of it. */
export async function onBrokenNode(
  args: readonly string[],
  { nodeArguments = [], ...options }: ChildOptions & { readonly nodeArguments?: readonly string[] } = {},
): Promise<unknown> {
  // What this run says of the transport is not what the test is about.
  const env = { UISGE_TRANSPORT: undefined, ...options.env };
  await using child = new Child([...nodeArguments, program("self-test"), ...args], { ...options, env });
  const exit = await child.exit();
  // Anything uncaught ends the program with another code, and is said there.
  if (exit !== 0) throw new Error(`ended with ${exit}: ${child.stderr}`);
  return JSON.parse(child.stdout) as unknown;
}
