/** What `uisge curl` does: one transfer, what is told of it, and the exit code. */
import { readFileSync } from "node:fs";
import { parseAddress } from "../../connection/index.ts";
import { formatAim } from "./aim.ts";
import { type CurlOptions, readCurlOptions } from "./curl-options.ts";
import { type CurlFailure, exits, failureOf } from "./failure.ts";
import { showTiming } from "./tell.ts";
import { type Report, transfer } from "./transfer.ts";
import { type Facts, writeOut } from "./write-out.ts";
import { styleFor } from "../frame/style.ts";
import { print } from "../standard-streams.ts";
import { readTlsFlags } from "../tls-options.ts";
import { version } from "../../process/index.ts";

/** Prints help: all, or that of one group of options. */
type HelpTeller = (group: string | undefined) => Promise<number>;

/** Resolves with one of curl's exit codes; what went wrong has been said. */
export async function runCurl(args: readonly string[], help: HelpTeller): Promise<number> {
  const report: Report = {
    aim: undefined,
    method: "",
    response: undefined,
    times: undefined,
    startedMs: performance.now(),
    redirectMs: 0,
    redirects: 0,
    requestBytes: 0,
    headBytes: 0,
    downloadedBytes: 0,
    uploadedBytes: 0,
    fileName: "",
  };
  let options: CurlOptions | undefined;
  let failure: CurlFailure | undefined;
  try {
    options = readCurlOptions(args);
    if (options === undefined)
      return await help(args[args.findIndex((word) => word === "--help" || word === "-h") + 1]);
    await perform(options, report);
  } catch (error) {
    failure = failureOf(error);
  }
  const isSilent = options?.flags.has("silent") === true && !options.flags.has("show-error");
  if (failure !== undefined && !isSilent) {
    const { red } = styleFor(process.stderr);
    process.stderr.write(`${red("uisge curl:")} (${failure.exitCode}) ${failure.message}\n`);
    if (failure.exitCode === exits.usage) process.stderr.write("Try uisge curl --help.\n");
  }
  return options === undefined ? (failure?.exitCode ?? 0) : conclude(options, report, failure);
}

function perform(options: CurlOptions, report: Report): Promise<void> {
  const { values, flags } = options;
  const address = parseAddress(options.to);
  const tls = readTlsFlags({
    insecure: flags.has("insecure"),
    cacert: values.get("cacert"),
    cert: values.get("cert"),
    key: values.get("key"),
  });
  const isVerbose = flags.has("verbose");
  return transfer(options, address, tls, `uisge/${version}`, report, {
    verbose: (line) => void (isVerbose && process.stderr.write(line, "latin1")),
    warning: (line) => void (flags.has("silent") || process.stderr.write(`uisge curl: warning: ${line}\n`)),
  });
}

/** What is told behind the transfer; the exit code. */
async function conclude(
  { flags, values }: CurlOptions,
  report: Report,
  failure: CurlFailure | undefined,
): Promise<number> {
  const exitCode = failure?.exitCode ?? 0;
  const totalMs = performance.now() - report.startedMs;
  if (flags.has("timing") && report.times !== undefined) {
    process.stderr.write(showTiming(report.times, totalMs, report.downloadedBytes));
  }
  const template = values.get("write-out");
  if (template === undefined) return exitCode;
  try {
    const { stdout, stderr } = writeOut(
      readTemplate(template),
      factsOf(report, totalMs, failure),
      report.response?.headers ?? [],
    );
    process.stderr.write(stderr);
    await print(stdout);
    return exitCode;
  } catch (error) {
    return exitCode === 0 ? failureOf(error).exitCode : exitCode;
  }
}

function readTemplate(text: string): string {
  return text.startsWith("@") ? readFileSync(text === "@-" ? 0 : text.slice(1), "utf8") : text;
}

/** By curl's names; what has no meaning on a uwsgi connection is not there. */
function factsOf(report: Report, totalMs: number, failure: CurlFailure | undefined): Facts {
  const { aim, response, times, redirectMs } = report;
  const seconds = (ms: number | undefined): number => (ms === undefined ? 0 : ms / 1_000);
  const header = (name: string): string => response?.headers.find(([known]) => known.toLowerCase() === name)?.[1] ?? "";
  const since = redirectMs + (times?.connectMs ?? 0);
  return {
    content_type: header("content-type"),
    errormsg: failure?.message ?? "",
    exitcode: failure?.exitCode ?? 0,
    filename_effective: report.fileName,
    http_code: response?.status ?? 0,
    http_version: response === undefined ? "0" : "1.1",
    method: report.method,
    num_connects: times === undefined ? 0 : report.redirects + 1,
    num_headers: response?.headers.length ?? 0,
    num_redirects: report.redirects,
    redirect_url: header("location"),
    response_code: response?.status ?? 0,
    scheme: (aim?.scheme ?? "http").toUpperCase(),
    size_download: report.downloadedBytes,
    size_header: report.headBytes,
    size_request: report.requestBytes,
    size_upload: report.uploadedBytes,
    speed_download: Math.round(report.downloadedBytes / Math.max(totalMs / 1_000, 1e-6)),
    speed_upload: Math.round(report.uploadedBytes / Math.max(totalMs / 1_000, 1e-6)),
    time_appconnect: 0,
    time_connect: seconds(times?.connectMs === undefined ? undefined : since),
    time_namelookup: 0,
    time_pretransfer: seconds(times?.connectMs === undefined ? undefined : since),
    time_redirect: seconds(redirectMs),
    time_starttransfer: seconds(times?.firstByteMs === undefined ? undefined : redirectMs + times.firstByteMs),
    time_total: seconds(totalMs),
    url: aim === undefined ? "" : formatAim(aim),
    url_effective: aim === undefined ? "" : formatAim(aim),
  };
}
