/** The hello of the side-by-side as an Express application, for node:http and for our Node interface. */
import express, { type Express } from "express";
import { HELLO } from "./applications.ts";

export const application: Express = express();

application.get(["/hello", "/articles/list"], (_request, response) => {
  response.type("text/plain").send(HELLO);
});
