/** One exchange as it is checked, through all layers. */
import { type AppRequest, type AppResponse, isPlainList, isStreamed } from "../../handler/index.ts";
import type { ReportFault, Wrong } from "./lint-faults.ts";
import { announcedLength, wrongInEnviron, wrongInResponse } from "./lint-response.ts";
import { LintedBody } from "./linted-body.ts";
import { tapped } from "./tapped-body.ts";

/** Who stands on the two sides of a boundary between layers. */
export interface Sides {
  /** Who answers. */
  readonly layer: string;
  /** Who asks. */
  readonly caller: string;
}

export class LintedExchange {
  private readonly request: AppRequest;
  private readonly report: ReportFault;
  /** What was told: layers above, who pass on what they were given, are not to blame for it. */
  private readonly told = new Set<string>();
  /** Bodies that were given up to now, the innermost first. */
  private readonly bodies: LintedBody[] = [];
  /** The body that goes out. */
  private last: LintedBody | undefined;
  private isOver = false;

  constructor(request: AppRequest, report: ReportFault) {
    this.request = request;
    this.report = report;
  }

  fault(layer: string, [rule, message]: Wrong): void {
    const key = `${rule} ${message}`;
    if (this.told.has(key)) return;
    this.told.add(key);
    this.report({ rule, layer, message }, this.request);
  }

  /** Checks what a layer asks. */
  asked({ environ }: AppRequest, { caller }: Sides): void {
    for (const wrong of wrongInEnviron(environ)) this.fault(caller, wrong);
  }

  /** Checks what a layer answers; answers the same response, whose body goes on being checked. */
  answered(request: AppRequest, response: AppResponse, sides: Sides): AppResponse {
    this.last = undefined;
    let isSound = true;
    for (const wrong of wrongInResponse(response)) {
      isSound &&= wrong[0] !== "response" && wrong[0] !== "body";
      this.fault(sides.layer, wrong);
    }
    if (!isSound) return response;
    const { status, headers, body } = response;
    const isHead = request.environ.REQUEST_METHOD === "HEAD";
    const announced = { status, length: announcedLength(headers), isHead };
    const isClosable = isStreamed(body) && typeof body.close === "function";
    const linted = new LintedBody(this, sides, announced, isClosable);
    if (!isStreamed(body)) {
      linted.onChunk(body ?? "");
      linted.onEnd();
      return response;
    }
    if (isPlainList(body)) {
      for (const chunk of body) linted.onChunk(chunk);
      linted.onEnd();
      return response;
    }
    this.bodies.push(linted);
    this.last = linted;
    return { ...response, body: tapped(body, linted) };
  }

  /** A layer has failed: no body that was given before goes out. */
  failed(): void {
    this.last = undefined;
  }

  /** The outermost layer has answered, or failed. */
  over(): void {
    if (this.last === undefined) this.checkSoon();
  }

  closed(body: LintedBody): void {
    if (body === this.last) this.checkSoon();
  }

  /** What was asked of a body is there. */
  settled(): void {
    if (this.isOver) this.checkSoon();
  }

  /** Whoever has not closed a body by now does so at once. */
  private checkSoon(): void {
    this.isOver = true;
    if (this.bodies.length > 0) setImmediate(() => this.checkClosed());
  }

  private checkClosed(): void {
    for (const body of this.bodies.splice(0).toReversed()) {
      if (!body.isClosable || body.isClosed) continue;
      // Its caller closes it behind the chunk that is still waited for.
      if (body.isWaiting) this.bodies.unshift(body);
      else this.fault(body.caller, ["close", "a body was not sent, and not closed"]);
    }
  }
}
