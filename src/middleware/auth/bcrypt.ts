/** Passwords that bcrypt has hashed: by the package bcrypt, which computes beside the loop of events. */
import { optionalPackage } from "../optional-package.ts";

/**
 * True for the right password. `hash` as `htpasswd -B` makes it; 72 bytes of the password count, as everywhere. Rejects
 * with a UwsgiError (`UWSGI_PACKAGE_MISSING`) where the package is not installed.
 */
export async function isBcrypt(password: string, hash: string): Promise<boolean> {
  const { default: bcrypt } = await optionalPackage("bcrypt", "a password hashed by bcrypt", () => import("bcrypt"));
  // Apache's and PHP's name for what OpenBSD has called 2b since; the package knows only that.
  return bcrypt.compare(password, hash.replace(/^\$2y\$/, "$2b$"));
}
