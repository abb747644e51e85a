import { ElMessage } from "element-plus";
import { problemText } from "../app/problems";

/** Do it; a refusal is told in one sentence and ends here. */
export async function attempt(act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    ElMessage.error(problemText(error));
  }
}
