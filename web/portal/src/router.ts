import { createRouter, createWebHistory } from "vue-router";
// All pages in one file: together they are small, and a page that loads later can fail later.
import ArticlePage from "./pages/ArticlePage.vue";
import ConfigurePage from "./pages/ConfigurePage.vue";
import HomePage from "./pages/HomePage.vue";
import MissingPage from "./pages/MissingPage.vue";
import SearchPage from "./pages/SearchPage.vue";
import TicketNewPage from "./pages/TicketNewPage.vue";
import TicketPage from "./pages/TicketPage.vue";
import TicketsPage from "./pages/TicketsPage.vue";

export const router = createRouter({
  history: createWebHistory("/portal/"),
  routes: [
    { path: "/", name: "home", component: HomePage },
    { path: "/search", name: "search", component: SearchPage },
    { path: "/articles/:id", name: "article", component: ArticlePage },
    { path: "/configure/:slug?", name: "configure", component: ConfigurePage },
    { path: "/tickets/new", name: "ticket-new", component: TicketNewPage },
    { path: "/tickets", name: "tickets", component: TicketsPage },
    { path: "/tickets/:id", name: "ticket", component: TicketPage },
    { path: "/:missing(.*)*", name: "missing", component: MissingPage },
  ],
  scrollBehavior(to, from, saved) {
    if (saved) return saved;
    // The article page scrolls to its passage itself, once the text is there.
    return to.path === from.path || to.query.chunk ? undefined : { top: 0 };
  },
});
