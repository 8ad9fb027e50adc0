#include <cli/commands.hpp>

void for_each_command(const std::function<void(const CommandEntry&, const CLI::App&)>& look) {
  for (const CommandEntry& entry : all_commands) {
    const std::unique_ptr<Command> command = entry.make();
    CLI::App app(std::string(entry.about), std::string(entry.name));
    Options options(app);
    command->add_options(app, options);
    look(entry, app);
  }
}
