import * as icons from "./icon-paths";

export { icons };
export type IconName = keyof typeof icons;
