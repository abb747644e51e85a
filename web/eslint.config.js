import pluginVue from "eslint-plugin-vue";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["**/node_modules/**", "**/dist/**", "api-client/src/schema.d.ts"] },
  ...tseslint.configs.recommended,
  ...pluginVue.configs["flat/recommended"],
  {
    files: ["**/*.vue"],
    languageOptions: { parserOptions: { parser: tseslint.parser } },
  },
  {
    rules: {
      "max-lines": ["error", { max: 250 }],
      "max-depth": ["error", 4],
      complexity: ["error", 12],
      eqeqeq: "error",
      "no-console": "error",
      "no-undef": "off",
      "vue/no-v-html": "error",
      // The formatter-like Vue rules fight with short templates; layout is a matter of taste, not of bugs.
      "vue/max-attributes-per-line": "off",
      "vue/singleline-html-element-content-newline": "off",
      "vue/html-self-closing": "off",
      "vue/html-indent": "off",
      "vue/html-closing-bracket-newline": "off",
      "vue/multiline-html-element-content-newline": "off",
      "vue/attributes-order": "off",
      "vue/first-attribute-linebreak": "off",
      "vue/require-default-prop": "off",
      "@typescript-eslint/consistent-type-imports": "error",
    },
  },
  {
    // Dictionaries, the API shapes and the development mock are long lists, not logic.
    files: ["**/locales/*.ts", "api-client/src/types.ts", "dev/**/*.ts", "**/*.test.ts"],
    rules: { "max-lines": "off", complexity: "off" },
  },
);
