/** Packages that only some need: they are installed by those, and loaded when they are used. */
import { errorCode, UwsgiError } from "../errors.ts";

/**
 * Loads one. `purpose`: what needs it, for people. Rejects with a UwsgiError (`UWSGI_PACKAGE_MISSING`) that says what to
 * install.
 */
export async function optionalPackage<Module>(
  name: string,
  purpose: string,
  load: () => Promise<Module>,
): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    const isMissing = errorCode(error) === "ERR_MODULE_NOT_FOUND" && String(error).includes(`'${name}'`);
    if (!isMissing) throw error;
    throw new UwsgiError(`${purpose} needs the package ${name}, which is not installed: npm install ${name}`, {
      code: "UWSGI_PACKAGE_MISSING",
      cause: error,
    });
  }
}
