/** Where this process was started: its command line means what it says there, wherever the application goes. */
export const startFolder: string = process.cwd();
