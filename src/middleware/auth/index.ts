/**
 * Who a client is, and who is let in.
 *
 * Read first: `authenticator.ts` (the contract) and `auth.ts` (the middleware). `any.ts` makes one authenticator of
 * several; `basic.ts`, `bearer.ts`, `form.ts` and `front-end.ts` are those that are here. `passwords.ts` checks names and
 * passwords for two of them: `user-list.ts` and `htpasswd-file.ts` say who there is, `password-hash.ts` which hashes
 * are known, `throttle.ts` who has to wait. `csrf.ts` stands for itself too. Not here: sessions (`../session`).
 */
export { any } from "./any.ts";
export { auth, type AuthConfiguration, type AuthOptions } from "./auth.ts";
export { type Authenticator, Refused, type RefusedOptions, type Verdict } from "./authenticator.ts";
export { basic, type BasicOptions } from "./basic.ts";
export { bearer, type BearerOptions } from "./bearer.ts";
export { csrf, type CsrfOptions, csrfToken } from "./csrf.ts";
export { form, type FormOptions } from "./form.ts";
export { type CertificateOptions, frontEnd, type FrontEndOptions } from "./front-end.ts";
export type { LoginPage, LoginProblem } from "./login-page.ts";
export type { PasswordOptions, VerifyPassword } from "./passwords.ts";
export { Throttle, type ThrottleOptions } from "./throttle.ts";
export type { Identity } from "../../handler/index.ts";
