import type { Role } from "@jieda/api-client";
import { createRouter, createWebHistory, type RouteRecordRaw } from "vue-router";
import { isSignedIn } from "./session";

declare module "vue-router" {
  interface RouteMeta {
    /** The least role that may see the page; absent for everyone on the staff. */
    needs?: Role;
    open?: boolean;
  }
}

const knowledge: RouteRecordRaw[] = [
  { path: "", redirect: "/knowledge/articles" },
  { path: "articles", name: "articles", component: () => import("../knowledge/ArticlesPage.vue") },
  { path: "articles/:id", name: "article", component: () => import("../knowledge/ArticlePage.vue"), props: true },
  { path: "upload", name: "upload", meta: { needs: "editor" }, component: () => import("../knowledge/UploadPage.vue") },
  { path: "jobs", name: "jobs", meta: { needs: "editor" }, component: () => import("../knowledge/JobsPage.vue") },
  { path: "jobs/:id", name: "job", meta: { needs: "editor" }, component: () => import("../knowledge/JobPage.vue"), props: true },
  { path: "gaps", name: "gaps", meta: { needs: "editor" }, component: () => import("../knowledge/GapsPage.vue") },
  { path: "glossary", name: "glossary", meta: { needs: "editor" }, component: () => import("../knowledge/GlossaryPage.vue") },
  { path: "test", name: "search-test", component: () => import("../knowledge/SearchTestPage.vue") },
];

export const router = createRouter({
  history: createWebHistory("/console/"),
  routes: [
    { path: "/", redirect: "/desk" },
    { path: "/login", name: "login", meta: { open: true }, component: () => import("../login/LoginPage.vue") },
    { path: "/desk/:id?", name: "desk", component: () => import("../desk/DeskPage.vue") },
    { path: "/knowledge", component: () => import("../knowledge/KnowledgeLayout.vue"), children: knowledge },
    { path: "/overview", name: "overview", meta: { needs: "manager" }, component: () => import("../overview/OverviewPage.vue") },
    { path: "/rules", name: "rules", meta: { needs: "manager" }, component: () => import("../rules/RulesPage.vue") },
    { path: "/rules/:id", name: "rule", meta: { needs: "manager" }, component: () => import("../rules/RulePage.vue"), props: true },
    { path: "/forms", name: "forms", meta: { needs: "manager" }, component: () => import("../forms/FormsPage.vue") },
    { path: "/forms/:slug", name: "form", meta: { needs: "manager" }, component: () => import("../forms/FormPage.vue"), props: true },
    { path: "/workflows", name: "workflows", meta: { needs: "manager" }, component: () => import("../workflows/WorkflowsPage.vue") },
    { path: "/workflows/:slug", name: "workflow", meta: { needs: "manager" }, component: () => import("../workflows/WorkflowPage.vue"), props: true },
    { path: "/companies/:slug", name: "company", component: () => import("../customers/CompanyPage.vue"), props: true },
    { path: "/people/:id(\\d+)", name: "person", component: () => import("../customers/PersonPage.vue"), props: true },
    { path: "/directory/:tab?", name: "directory", component: () => import("../directory/DirectoryPage.vue") },
    { path: "/:rest(.*)*", name: "missing", component: () => import("./MissingPage.vue") },
  ],
});

router.beforeEach((to) => {
  if (to.meta.open || isSignedIn()) return true;
  return { name: "login", query: to.fullPath === "/desk" ? {} : { next: to.fullPath } };
});
