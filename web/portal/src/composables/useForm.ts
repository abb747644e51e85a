import type { Form, FormCheck, FormErrors, FormField } from "@jieda/api-client";
import { computed, onScopeDispose, reactive, ref, watch, type ComputedRef, type Ref } from "vue";
import { api } from "../session";

export type FormState = {
  values: Record<string, unknown>;
  visible: ComputedRef<FormField[]>;
  /** Errors worth showing now: of fields the reader has left, or all once they tried to go on. */
  shown: ComputedRef<FormErrors>;
  touch: (name: string) => void;
  /** Checks the named fields (default: all) and shows what is wrong; true when nothing is. */
  check: (names?: string[]) => Promise<boolean>;
  accept: (errors: FormErrors) => void;
  checking: Ref<boolean>;
};

const PAUSE_MS = 300;

/** A form being filled in. What is right is decided by the server alone; here it is only shown at the right moment. */
export function useForm(form: Form, initial: Record<string, unknown> = {}): FormState {
  const values = reactive<Record<string, unknown>>({ ...initial });
  const touched = reactive(new Set<string>());
  const errors = ref<FormErrors>({});
  const checking = ref(false);
  const visible = computed(() => visibleFields(form, values));
  let timer: ReturnType<typeof setTimeout> | undefined;
  let latest = 0;

  async function validate(): Promise<void> {
    const mine = (latest += 1);
    const body = { values: valuesToSend(visible.value, values) };
    const path = `/forms/${encodeURIComponent(form.slug)}/validate`;
    const found = await api.request<FormCheck>(path, { method: "POST", body });
    if (mine === latest) errors.value = found.errors;
  }
  watch(values, () => {
    clearTimeout(timer);
    timer = setTimeout(() => void validate().catch(() => undefined), PAUSE_MS); // unreachable: submitting checks again
  });
  onScopeDispose(() => clearTimeout(timer));

  async function check(names = visible.value.map((field) => field.name)): Promise<boolean> {
    for (const name of names) touched.add(name);
    checking.value = true;
    try {
      await validate();
    } finally {
      checking.value = false;
    }
    return !names.some((name) => errors.value[name]);
  }
  const shown = computed(() => Object.fromEntries(Object.entries(errors.value).filter(([name]) => touched.has(name))));
  const accept = (found: FormErrors) => {
    errors.value = found;
    for (const name of Object.keys(found)) touched.add(name);
  };
  const touch = (name: string) => {
    touched.add(name);
    void validate().catch(() => undefined);
  };
  return { values, visible, shown, touch, check, accept, checking };
}

/** The fields these values show; what depends on a hidden field is hidden, too. */
export function visibleFields(form: Pick<Form, "fields">, values: Record<string, unknown>): FormField[] {
  const shown = new Set<string>();
  return form.fields.filter((field) => {
    const conditions = Object.entries(field.visible_when ?? {});
    const visible = conditions.every(([name, wanted]) => shown.has(name) && wanted.some((one) => matches(values[name], one)));
    if (visible) shown.add(field.name);
    return visible;
  });
}

function matches(value: unknown, wanted: unknown): boolean {
  if (typeof wanted === "boolean" || typeof value === "boolean") return value === wanted;
  return value !== undefined && value !== null && String(value) === String(wanted);
}

export function valuesToSend(visible: FormField[], values: Record<string, unknown>): Record<string, unknown> {
  const filled = visible.map((field) => [field.name, values[field.name]] as const);
  return Object.fromEntries(filled.filter(([, value]) => value !== undefined && value !== null && value !== ""));
}
