/** The part of this package that needs no framework; the widget is built on it. */
export * from "./icons";
export * from "./markdown";
export * from "./time";
export * from "./words";
