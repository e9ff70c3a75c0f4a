// Parts of the platform that TypeScript's libraries do not declare.

declare namespace WebAssembly {
    const Suspending: { new (callback: (...args: any[]) => unknown): Function } & any;
    const promising: (run: Function) => (...args: any[]) => Promise<any>;
    /** The flagged API of some engines: functions with a type, which can suspend. */
    const Function: { new (type: object, callback: Function, usage: object): any };
}

declare var process: NodeJS.Process | undefined;
