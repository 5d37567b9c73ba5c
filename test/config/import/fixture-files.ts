/** Configurations of other programs, as people have them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../helpers/project.ts";

export const fixtures: string = join(projectRoot, "test/config/import/fixtures");

export function fixtureNames(program: "uwsgi" | "pm2" | "gunicorn" | "unit"): readonly string[] {
  return readdirSync(join(fixtures, program)).sort();
}

export function fixturePath(program: "uwsgi" | "pm2" | "gunicorn" | "unit", name: string): string {
  return join(fixtures, program, name);
}

export function fixtureText(program: "uwsgi" | "pm2" | "gunicorn" | "unit", name: string): string {
  return readFileSync(fixturePath(program, name), "utf8");
}
