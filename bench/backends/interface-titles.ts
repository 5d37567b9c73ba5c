/** The interfaces beside WSGI's that hello is asked by, as tables call them. */
export const interfaceTitles = { node: "Node handler", express: "Express", fetch: "fetch handler" } as const;
