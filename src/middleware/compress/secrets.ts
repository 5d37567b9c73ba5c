/**
 * Which answers may carry a secret beside what somebody else chose. Pure.
 *
 * Where both stand in one compressed answer, an attacker who makes the client ask again and again, and sees how long
 * the answers are, can guess the secret bit by bit (BREACH): a guess that is right makes the answer shorter. Nothing
 * tells from outside what is secret, so what is known of the client stands for it.
 */
import { type AppRequest, type AppResponse, headerOf, sessionOf, userOf } from "../../handler/index.ts";
import { hasDirective } from "./eligible.ts";
import { essenceOf } from "./types.ts";

/** True unless the answer says that it is for everybody, or nothing hints at a client that is known. */
export function mayCarrySecrets({ environ }: AppRequest, response: AppResponse): boolean {
  const isFor = isOf(environ, response);
  if (!isFor) return false;
  return !hasDirective(response, "cache-control", "public") && !isDrawing(headerOf(response, "content-type") ?? "");
}

function isOf(environ: AppRequest["environ"], response: AppResponse): boolean {
  const session = sessionOf(environ);
  return (
    // Of a new one nothing is known yet, unless the answer sets its cookie.
    (session?.isLoaded === true && !session.isNew) ||
    userOf(environ) !== undefined ||
    isGiven(environ.REMOTE_USER) ||
    isGiven(environ["HTTP_AUTHORIZATION"]) ||
    headerOf(response, "set-cookie") !== undefined ||
    hasDirective(response, "cache-control", "private") ||
    // The application may have a session that is not ours: then only with something that could be reflected.
    (isGiven(environ["HTTP_COOKIE"]) && isAskedWithWords(environ))
  );
}

function isAskedWithWords({ QUERY_STRING, CONTENT_LENGTH }: AppRequest["environ"]): boolean {
  return QUERY_STRING !== "" || (isGiven(CONTENT_LENGTH) && CONTENT_LENGTH !== "0");
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== "";
}

/** Types that show something, and say nothing: style sheets, images, fonts, programs in binary form. */
function isDrawing(type: string): boolean {
  const essence = essenceOf(type);
  return /^(?:text\/css$|image\/|font\/|application\/(?:wasm|vnd\.ms-fontobject)$)/.test(essence);
}
