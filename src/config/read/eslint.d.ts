/** What the types of toml-eslint-parser take from eslint's, which it does without when it runs, and so do we. */
declare module "eslint" {
  export namespace SourceCode {
    type VisitorKeys = Readonly<Record<string, readonly string[]>>;
  }
}
